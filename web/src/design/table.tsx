import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly key: string;
  readonly title: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand on the right with digits of one width. */
  readonly number?: boolean;
  /** Given together with `onSort` of the table, the head of the column sorts. */
  readonly sortable?: boolean;
}

interface TableProps<Row> {
  /** What the table is, for people who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly selected?: (row: Row) => boolean;
  readonly onRow?: (row: Row) => void;
  readonly sort?: { readonly key: string; readonly descending: boolean } | undefined;
  readonly onSort?: (key: string) => void;
}

/** A plain table for up to some hundred rows; longer lists use `VirtualRows`. */
export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  selected,
  onRow,
  sort,
  onSort,
}: TableProps<Row>): ReactNode {
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={label}>
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={rowKey(row)}
              aria-selected={selected?.(row)}
              onClick={
                onRow &&
                (() => {
                  onRow(row);
                })
              }
            >
              {columns.map((column) => (
                <td key={column.key} className={column.number === true ? 'number' : 'break'}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: TableProps<Row>['sort'];
  readonly onSort: ((key: string) => void) | undefined;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>): ReactNode {
  const sorted = sort?.key === column.key ? (sort.descending ? 'descending' : 'ascending') : undefined;
  const canSort = onSort !== undefined && column.sortable === true;
  return (
    <th scope="col" className={column.number === true ? 'number' : undefined} aria-sort={sorted}>
      {canSort ? (
        <button
          type="button"
          onClick={() => {
            onSort(column.key);
          }}
        >
          {column.title} {sorted === undefined ? '' : sorted === 'descending' ? '↓' : '↑'}
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}
