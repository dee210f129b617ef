// Where a data set has its rows. Pure.
import type { DataTest, Json } from '../../api/testing';

/** Rows written here: the words, or nothing where they stand elsewhere (a file, a database, the test) and stay as they are. */
export function rowsOf(old: DataTest | null): string | null {
  return typeof old?.data_source_config.content === 'string' ? old.data_source_config.content : null;
}

/** What is saved of the rows. What else the set says of them (delimiter, mapping, filter) stays. */
export function sourceOf(old: DataTest | null, format: string, content: string): Json {
  if (old !== null && rowsOf(old) === null && content.trim() === '') return {};
  const before: Json = old?.data_source_type === format ? old.data_source_config : {};
  const { file: _, ...rest } = before;
  return { data_source_type: format, data_source_config: { ...rest, content } };
}
