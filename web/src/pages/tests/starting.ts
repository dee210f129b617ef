// Opens the run that was started, or says why it was not.
import { asApiError } from '../../api/client';
import { invalidate } from '../../api/resource';
import { navigate } from '../../app/router';
import { toast } from '../../ui/toasts';

export async function start(asked: Promise<{ run_id: string }>): Promise<void> {
  try {
    const run = await asked;
    invalidate('/api/v1/runs', '/api/v1/tests');
    navigate(`/runs/${run.run_id}`);
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
}
