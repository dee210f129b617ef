// Words of the server that people read: severities, states and kinds of jobs. An unknown one is shown as it came.
import { tDynamic } from './index';

export function severityWord(severity: string): string { return tDynamic(`sev.${severity}`, severity); }
export function jobName(kind: string): string { return tDynamic(`job.${kind}`, kind); }
export function triggerWord(trigger: string): string { return tDynamic(`trigger.${trigger}`, trigger); }
export function jobState(state: string): string { return tDynamic(`jobstate.${state}`, state); }
