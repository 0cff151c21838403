// The guide block: which family approximates each latent, and which latents share particles.
import { absurd, didYouMean } from "../diagnostic.js";
import type { GuideStatement } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { defaultGuide, normalGuide, type Prior } from "./default-guide.js";
import * as errors from "./errors.js";
import { checkGuideCall } from "./guide-family.js";
import type { Group, Guide, Latent, Plate, Support } from "./model.js";
import type { Context } from "./scope.js";
import { inPlate, type ModelBlock } from "./statements.js";
import { enumeratedSupport } from "./support.js";

type OpenGroup = { readonly name: Name; readonly correlated: boolean; readonly members: Latent[] };

/** The family that a group as a whole can have: grammar of the guide block, no distribution of the library. */
const GROUP_FAMILY = "multi_normal";

/** What the guide block has said so far. */
type GuideBlock = Pick<ModelBlock, "opened" | "unknownPlates" | "closed"> & {
  readonly priors: ReadonlyMap<Latent, Prior>;
  /** Every name that the guide gives an entry, and where. */
  readonly named: ReadonlyMap<string, Span>;
  /** Where the guide has named a latent, and the guide if that entry is a whole one. */
  readonly entries: Map<Latent, { readonly span: Span; readonly guide: Guide | null }>;
  readonly groups: {
    readonly name: Name;
    readonly correlated: boolean;
    readonly latents: readonly Latent[];
  }[];
};

/** Every latent's guide and group. Latents whose guide has a mistake are left out of the guides. */
export function checkGuide(
  body: readonly GuideStatement[],
  priors: readonly Prior[],
  context: Context,
  block: Pick<ModelBlock, "opened" | "unknownPlates" | "closed">,
  lookedBackAt: ReadonlyMap<Latent, Plate>,
): { readonly guides: readonly Guide[]; readonly groups: readonly Group[] } {
  const guide: GuideBlock = {
    ...block,
    priors: new Map(priors.map((prior) => [prior.latent, prior])),
    named: namedIn(body),
    entries: new Map(),
    groups: [],
  };
  for (const s of body) checkEntry(s, null, context, guide);
  const supports = new Map<Latent, Support>();
  const guides = priors.flatMap((prior) => {
    const { latent } = prior;
    const entry = guide.entries.get(latent);
    if (entry !== undefined) return entry.guide ?? [];
    if (latent.type.base !== "int") return defaultOf(prior, latent.span, context) ?? [];
    const support = enumeratedSupport(latent, context);
    if ("code" in support) context.report(support);
    else supports.set(latent, support);
    return [];
  });
  return { guides: inOrder(guides), groups: allGroups(guide, context.latents, supports, lookedBackAt) };
}

function checkEntry(s: GuideStatement, group: OpenGroup | null, context: Context, block: GuideBlock): void {
  switch (s.kind) {
    case "plate":
      return inPlate(s, context, block, (inner) => {
        for (const entry of s.body) checkEntry(entry, group, inner, block);
      });
    case "group":
      return checkGroup(s, group, context, block);
    case "default":
    case "sample": {
      const prior = findPrior(s.name, context, block);
      // The family is checked even where it stands for nothing, so that its mistakes are found too.
      const guide = s.kind === "sample" ? checkGuideCall(s.distribution, prior, s.span, context) : null;
      if (prior === null) return;
      const { latent } = prior;
      if (!isNewEntry(s.name, latent, context, block)) return;
      const given = s.kind === "sample" ? guide : defaultOf(prior, s.name.span, context, group);
      if (s.kind === "sample" && group?.correlated === true)
        context.report(errors.familyInCorrelatedGroup(s.span, latent.name, group.name.text));
      const entry = given !== null && hasEarlierParents(given, context, block) ? given : null;
      block.entries.set(latent, { span: s.name.span, guide: entry });
      if (group !== null) joinGroup(s.name, latent, group, context);
      return;
    }
    default:
      return absurd(s);
  }
}

/** False, after reports, where arguments depend on the latent itself, or on one that comes later or is not sampled. */
function hasEarlierParents(guide: Guide, context: Context, block: GuideBlock): boolean {
  const wrong = guide.args.flatMap((argument) => {
    if (argument.kind !== "computed") return [];
    const { span, latents } = argument.value;
    return latents.flatMap((on) => {
      const later = on === guide.latent ? null : block.named.get(on.name);
      if (later === undefined && on.type.base === "int")
        return [errors.guideUsesSummedOut(span, guide.latent.name, on.name)];
      return later === undefined || block.entries.has(on)
        ? []
        : [errors.guideUsesLater(span, guide.latent.name, on.name, later)];
    });
  });
  wrong.forEach(context.report);
  return wrong.length === 0;
}

/** Every name that the guide gives an entry, and where. */
function namedIn(body: readonly GuideStatement[]): ReadonlyMap<string, Span> {
  return new Map(
    body.flatMap((s): (readonly [string, Span])[] =>
      s.kind === "plate" || s.kind === "group" ? [...namedIn(s.body)] : [[s.name.text, s.name.span]],
    ),
  );
}

/** Guides so that each comes after those of its parents. */
function inOrder(guides: readonly Guide[]): readonly Guide[] {
  const done: Guide[] = [];
  const add = (guide: Guide): void => {
    if (done.includes(guide)) return;
    for (const parent of guides) if (guide.parents.includes(parent.latent)) add(parent);
    done.push(guide);
  };
  guides.forEach(add);
  return done;
}

function defaultOf(prior: Prior, span: Span, context: Context, group: OpenGroup | null = null): Guide | null {
  const guide =
    group?.correlated === true ? normalGuide(prior, span, context) : defaultGuide(prior, span, context);
  return "code" in guide ? context.report(guide) : guide;
}

function findPrior(name: Name, context: Context, block: GuideBlock): Prior | null {
  const entry = context.scope.find(name.text);
  if (entry !== undefined) context.record?.use(name, { kind: "declaration", at: entry.span });
  if (entry?.kind === "faulty" || (entry === undefined && context.isDropped(name.text))) return null;
  const variable = entry?.kind === "variable" ? entry.variable : null;
  if (variable?.kind === "latent") return block.priors.get(variable) ?? null;
  const names = context.latents.map((latent) => latent.name);
  return context.report(errors.unknownLatent(name, entry !== undefined, didYouMean(name.text, names)));
}

/** False, after a report, where the latent has an entry, or other plates than those that are open. */
function isNewEntry(name: Name, latent: Latent, context: Context, block: GuideBlock): boolean {
  const before = block.entries.get(latent);
  if (before !== undefined) {
    context.report(errors.guideTwice(name, before.span));
    return false;
  }
  const { plates } = latent;
  if (plates.length === context.open.length && plates.every((p) => context.open.includes(p))) return true;
  const names = (of: typeof plates): string[] => of.map((p) => p.name);
  context.report(errors.guidePlates(name, latent.span, names(plates), names(context.open)));
  block.entries.set(latent, { span: name.span, guide: null });
  return false;
}

function checkGroup(
  s: Extract<GuideStatement, { kind: "group" }>,
  outer: OpenGroup | null,
  context: Context,
  block: GuideBlock,
): void {
  if (outer !== null) context.report(errors.nestedGroup(s.name));
  const correlated = s.family?.text === GROUP_FAMILY;
  if (s.family !== null && !correlated) context.report(errors.groupFamily(s.family, GROUP_FAMILY));
  const twin = block.groups.find((g) => g.name.text === s.name.text);
  if (twin !== undefined) context.report(errors.groupName(s.name, twin.name.span, "another group"));
  const latent = context.latents.find((l) => l.name === s.name.text);
  if (latent !== undefined) context.report(errors.groupName(s.name, latent.span, "a latent"));
  context.record?.declare({ name: s.name, declared: { kind: "group" } });
  const group: OpenGroup = { name: s.name, correlated, members: [] };
  for (const entry of s.body) checkEntry(entry, group, context, block);
  if (s.body.length === 0) context.report(errors.emptyGroup(s.name));
  block.groups.push({ name: s.name, correlated, latents: group.members });
}

function joinGroup(name: Name, latent: Latent, group: OpenGroup, context: Context): void {
  const [first] = group.members;
  const isSame =
    first === undefined ||
    (first.plates.length === latent.plates.length && first.plates.every((p) => latent.plates.includes(p)));
  if (first !== undefined && !isSame) context.report(errors.groupPlates(name, group.name.text, first.name));
  else group.members.push(latent);
}

/** The groups as written, and one of its own for every other latent, in the order of their first latent. */
function allGroups(
  block: GuideBlock,
  latents: readonly Latent[],
  supports: ReadonlyMap<Latent, Support>,
  lookedBackAt: ReadonlyMap<Latent, Plate>,
): readonly Group[] {
  const along = (members: readonly Latent[]): Plate | null =>
    members.map((latent) => lookedBackAt.get(latent)).find((plate) => plate !== undefined) ?? null;
  const written = block.groups.flatMap(({ name, correlated, latents: members }): Group[] => {
    const inOrder = latents.filter((latent) => members.includes(latent));
    const [first] = inOrder;
    if (first === undefined) return [];
    const { plates } = first;
    return [
      {
        name: name.text,
        latents: inOrder,
        plates,
        support: null,
        along: along(inOrder),
        correlated,
        explicit: true,
        span: name.span,
      },
    ];
  });
  const alone = latents
    .filter((latent) => !written.some((group) => group.latents.includes(latent)))
    .map((latent): Group => {
      return {
        name: latent.name,
        latents: [latent],
        plates: latent.plates,
        support: supports.get(latent) ?? null,
        along: along([latent]),
        correlated: false,
        explicit: false,
        span: latent.span,
      };
    });
  const place = (group: Group): number => Math.min(...group.latents.map((latent) => latents.indexOf(latent)));
  return [...written, ...alone].sort((a, b) => place(a) - place(b));
}
