// Identifiers: names of the model turned into names that a target language accepts, each used once.

/** Gives out identifiers of letters, digits and underscores that are neither reserved nor taken. */
export class Identifiers {
  private readonly taken = new Set<string>();
  constructor(private readonly reserved: ReadonlySet<string>) {}

  /** Another that knows all names taken so far: the blocks of two functions may each take the same ones after that. */
  fork(): Identifiers {
    const fork = new Identifiers(this.reserved);
    for (const name of this.taken) fork.taken.add(name);
    return fork;
  }

  /** The identifier closest to `wanted`: "particles.z" becomes `particles_z`, reserved words end in `_`, a second z is `z_2`. */
  fresh(wanted: string): string {
    const word = wanted.replace(/[^A-Za-z0-9_]/g, "_").replace(/^_+/, "");
    const start = /^[A-Za-z]/.test(word) ? word : `x${word}`;
    const base = this.reserved.has(start) ? `${start}_` : start;
    let name = base;
    for (let n = 2; this.taken.has(name) || this.reserved.has(name); n++) name = `${base}_${n}`;
    this.taken.add(name);
    return name;
  }
}

/** Names in nested blocks: an inner block sees the outer ones and may shadow them. */
export class Scope {
  private readonly names = new Map<string, string>();
  constructor(private readonly outer: Scope | null) {}

  find(name: string): string | undefined {
    return this.names.get(name) ?? this.outer?.find(name);
  }

  define(name: string, identifier: string): void {
    this.names.set(name, identifier);
  }
}
