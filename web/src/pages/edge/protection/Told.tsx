// A mark with a sentence that may be long.
import type { Status } from '../../../state/status';
import { StatusMark } from '../../../ui/Icon';

export function Told({ status, text }: { status: Status; text: string }) {
  return <p className="protect-told"><StatusMark status={status} bare word={text} /><span>{text}</span></p>;
}
