// What `read_zarr.py` says of the groups of a Zarr folder.

export type Described = {
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly type: string;
  /** Numbers with a fraction as Python prints them. */
  readonly values: readonly (string | number)[];
};
export type OpenedGroup = {
  readonly variables: Readonly<Record<string, Described>>;
  readonly coordinates: Readonly<Record<string, Described>>;
  readonly indexes: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
};
