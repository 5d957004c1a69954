import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/** A statement that is asked all the time: each connection parses and plans it once, under its name. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** Rows of a named statement, outside any transaction of the caller. */
export async function namedQuery<T>(
  source: DataSource,
  { name, text }: NamedStatement,
  values: readonly unknown[],
): Promise<T[]> {
  if (!source.isInitialized) throw new Error('the database is not initialized');
  const { master } = source.driver as unknown as { readonly master: Pool };
  const { rows } = await master.query({ name, text, values: [...values] });
  return rows as T[];
}
