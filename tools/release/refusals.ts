export interface ReleaseState {
  /** Output of `git status --porcelain`. */
  readonly status: string;
  readonly branch: string;
  readonly tag: string;
  readonly hasTag: boolean;
  readonly version: string;
  readonly hasNotes: boolean;
  /** URL of the repository in the manifests. */
  readonly repository: string;
}

/** Reasons why this state must not be released; none for one that may. */
export function refusals({
  status,
  branch,
  tag,
  hasTag,
  version,
  hasNotes,
  repository,
}: ReleaseState): readonly string[] {
  return [
    ...(status === "" ? [] : [`the tree has changes that are not committed:\n${status}`]),
    ...(branch === "main" ? [] : [`the branch is ${branch}, not main`]),
    ...(hasTag ? [`the tag ${tag} exists`] : []),
    ...(hasNotes ? [] : [`CHANGELOG.md has no section [${version}] with notes`]),
    ...(isPlaceholder(repository) ? [`the repository is a placeholder: ${repository}`] : []),
  ];
}

/** Hosts of RFC 2606 stand for the one that this repository has no address of. */
function isPlaceholder(repository: string): boolean {
  return new URL(repository.replace(/^git\+/, "")).hostname.endsWith(".example");
}
