// The files of the languages besides English.
import type { Catalogue } from './index';

export const files = import.meta.glob<Catalogue>('./es/*.ts');
