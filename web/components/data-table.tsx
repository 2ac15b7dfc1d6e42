import { ActionIcon, Button, Loader, NativeSelect, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconSearch, IconSelector, IconX } from "@tabler/icons-react";
import {
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { Page } from "#contract/paging.ts";
import type { ListSearch } from "../router/search.ts";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import { EmptyState } from "./empty-state.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import classes from "./data-table.module.css";

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  /** The list route's `sort` field; without it the column does not sort. */
  readonly sort?: string;
  readonly align?: "end";
}

interface DataTableProps<T> {
  /** Names the table to screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rowId: (row: T) => string;
  readonly page: Page<T> | undefined;
  readonly error: unknown;
  /** While the next answer is on its way, the last one is shown paler. */
  readonly isStale?: boolean;
  readonly search?: ListSearch;
  /** Writes into the address; `undefined` takes a part out. A new search or sort starts at the first page. */
  readonly onSearch?: (patch: ListSearch) => void;
  /** What the search looks through: "Search domains and labels". Without it there is no search. */
  readonly searchLabel?: string;
  readonly filters?: ReactNode;
  /** Whether a filter beside the search is set. */
  readonly isFiltered?: boolean;
  readonly onClearFilters?: () => void;
  /** What stands there when nothing exists at all. */
  readonly empty: ReactNode;
}

const features = tableFeatures({ rowSortingFeature });
const SEARCH_DELAY_MS = 300;

/** A server's list as a table: search, sort, filters and place live in the address. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { page, search = {}, isStale = false } = props;
  const t = useText(shellText);
  const isNarrowed = search.q !== undefined || props.isFiltered === true;
  const isEmpty = page !== undefined && page.total === 0 && !isNarrowed;
  if (isEmpty) return <>{props.empty}</>;
  return (
    <div>
      <Toolbar {...props} />
      {page !== undefined && page.items.length > 1 && <SortSelect {...props} search={search} />}
      <ProblemNotice error={props.error} />
      {page === undefined && !props.error && (
        <Loader size="sm" role="status" aria-label={t("loading")} />
      )}
      {page !== undefined && page.items.length > 0 && (
        <div className={classes.frame}>
          <Rows {...props} page={page} isStale={isStale} search={search} />
        </div>
      )}
      {page !== undefined && page.items.length === 0 && (
        <EmptyState
          title={t("noMatchTitle")}
          action={
            props.onClearFilters !== undefined && (
              <Button variant="default" onClick={props.onClearFilters}>
                {t("clearFilters")}
              </Button>
            )
          }
        >
          {t("noMatchBody")}
        </EmptyState>
      )}
      {page !== undefined && <Pager page={page} search={search} onSearch={props.onSearch} />}
    </div>
  );
}

function Toolbar<T>(props: DataTableProps<T>) {
  const t = useText(shellText);
  const { searchLabel, onSearch, search = {}, page } = props;
  if (searchLabel === undefined && props.filters === undefined) return null;
  return (
    <div className={classes.toolbar} role="search">
      {searchLabel !== undefined && (
        <SearchField
          key={search.q === undefined ? "empty" : "set"}
          label={searchLabel}
          value={search.q ?? ""}
          onChange={(q) => onSearch?.({ q: q === "" ? undefined : q, cursor: undefined })}
        />
      )}
      {props.filters}
      <span className={classes.count} role="status">
        {page === undefined ? "" : t("resultCount", { total: page.total })}
      </span>
    </div>
  );
}

/** Where rows are cards there are no headers to press: the same sort as a choice. */
function SortSelect<T>(
  props: Pick<DataTableProps<T>, "columns" | "onSearch"> & { readonly search: ListSearch },
) {
  const t = useText(shellText);
  const { columns, onSearch, search } = props;
  const sorts = columns.flatMap(({ sort, header }) =>
    sort === undefined ? [] : [{ sort, header }],
  );
  if (onSearch === undefined || sorts.length === 0) return null;
  const data = sorts.flatMap(({ sort, header }) => [
    { value: sort, label: t("sortUp", { column: header }) },
    { value: `-${sort}`, label: t("sortDown", { column: header }) },
  ]);
  const isKnown = data.some(({ value }) => value === search.sort);
  return (
    <NativeSelect
      className={classes.sortSelect ?? ""}
      label={t("sort")}
      value={isKnown ? search.sort : ""}
      data={[{ value: "", label: t("sortUsual") }, ...data]}
      onChange={(event) =>
        onSearch({ sort: event.currentTarget.value || undefined, cursor: undefined })
      }
    />
  );
}

function SearchField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const t = useText(shellText);
  const [typed, setTyped] = useState(props.value);
  const change = useRef(props.onChange);
  const [wasFocused] = useState(() => document.activeElement?.getAttribute("type") === "search");
  useEffect(() => {
    change.current = props.onChange;
  });
  useEffect(() => {
    if (typed.trim() === props.value) return undefined;
    const timer = setTimeout(() => change.current(typed.trim()), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [typed, props.value]);
  return (
    <TextInput
      className={classes.search ?? ""}
      type="search"
      label={props.label}
      value={typed}
      maxLength={255}
      autoFocus={wasFocused}
      leftSection={<IconSearch size={16} aria-hidden="true" />}
      rightSection={
        typed !== "" && (
          <ActionIcon variant="subtle" aria-label={t("clearSearch")} onClick={() => setTyped("")}>
            <IconX size={14} />
          </ActionIcon>
        )
      }
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

function Rows<T>(
  props: DataTableProps<T> & {
    readonly page: Page<T>;
    readonly isStale: boolean;
    readonly search: ListSearch;
  },
) {
  const { columns, page, search, rowId } = props;
  const sorting = useMemo(() => sortingOf(columns, search.sort), [columns, search.sort]);
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, T & object>();
    return columns.map((column) =>
      helper.display({
        id: column.id,
        header: column.header,
        cell: ({ row }) => column.cell(row.original),
      }),
    );
  }, [columns]);
  const table = useTable({
    features,
    columns: definitions,
    data: page.items as (T & object)[],
    getRowId: rowId,
    manualSorting: true,
    state: { sorting },
  });
  return (
    <table className={`${classes.table} ${props.isStale ? classes.stale : ""}`} role="table">
      <caption className="wg-visually-hidden">{props.caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <HeadCell
              key={column.id}
              column={column}
              sort={search.sort}
              onSearch={props.onSearch}
            />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id} role="row">
            {row.getAllCells().map((cell, index) => (
              <td
                key={cell.id}
                role="cell"
                data-label={columns[index]?.header ?? ""}
                className={columns[index]?.align === "end" ? (classes.end ?? "") : ""}
              >
                <div>
                  <table.FlexRender cell={cell} />
                </div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sortingOf<T>(columns: readonly Column<T>[], sort: string | undefined) {
  const column = columns.find(
    (one) => one.sort !== undefined && one.sort === sort?.replace(/^-/, ""),
  );
  return column === undefined ? [] : [{ id: column.id, desc: sort?.startsWith("-") === true }];
}

function HeadCell<T>(props: {
  readonly column: Column<T>;
  readonly sort: string | undefined;
  readonly onSearch: DataTableProps<T>["onSearch"];
}) {
  const t = useText(shellText);
  const { column, sort, onSearch } = props;
  const field = column.sort;
  const className = column.align === "end" ? (classes.end ?? "") : "";
  if (field === undefined || onSearch === undefined)
    return (
      <th scope="col" role="columnheader" className={className}>
        {column.header === "" ? (
          <span className="wg-visually-hidden">{t("moreActions")}</span>
        ) : (
          column.header
        )}
      </th>
    );
  const isUp = sort === field;
  const isDown = sort === `-${field}`;
  const Icon = isUp ? IconArrowUp : isDown ? IconArrowDown : IconSelector;
  return (
    <th
      scope="col"
      role="columnheader"
      className={className}
      aria-sort={isUp ? "ascending" : isDown ? "descending" : "none"}
    >
      <button
        type="button"
        className={classes.sort}
        {...(isUp || isDown ? { "data-sorted": true } : {})}
        title={t("sortBy", { column: column.header })}
        onClick={() => onSearch({ sort: isUp ? `-${field}` : field, cursor: undefined })}
      >
        {column.header}
        <Icon size={14} aria-hidden="true" />
      </button>
    </th>
  );
}

function Pager<T>(props: {
  readonly page: Page<T>;
  readonly search: ListSearch;
  readonly onSearch: DataTableProps<T>["onSearch"];
}) {
  const t = useText(shellText);
  const { page, search, onSearch } = props;
  const before = useRef<(string | undefined)[]>([]);
  useEffect(() => {
    if (search.cursor === undefined) before.current = [];
  }, [search.cursor]);
  if (onSearch === undefined || (page.next === null && search.cursor === undefined)) return null;
  const hasPrevious = search.cursor !== undefined && before.current.length > 0;
  return (
    <nav className={classes.pager} aria-label={t("pages")}>
      <Button
        variant="default"
        disabled={search.cursor === undefined}
        onClick={() => onSearch({ cursor: undefined })}
      >
        {t("firstPage")}
      </Button>
      <Button
        variant="default"
        disabled={!hasPrevious}
        onClick={() => onSearch({ cursor: before.current.pop() })}
      >
        {t("previousPage")}
      </Button>
      <Button
        variant="default"
        disabled={page.next === null}
        onClick={() => {
          before.current.push(search.cursor);
          onSearch({ cursor: page.next ?? undefined });
        }}
      >
        {t("nextPage")}
      </Button>
    </nav>
  );
}
