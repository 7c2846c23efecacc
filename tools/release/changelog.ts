/** Text of a version's section in a changelog as keepachangelog.com has it; undefined without one, or with an empty one. */
export function notesOf(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  const notes = section?.slice(section.indexOf("\n")).trim();
  return notes === "" ? undefined : notes;
}

/** The changelog with what was unreleased under a heading of the version and the day. @throws when nothing is unreleased. */
export function withRelease(changelog: string, version: string, day: string): string {
  if (notesOf(changelog, "Unreleased") === undefined) throw new Error("CHANGELOG.md has nothing under Unreleased");
  return changelog.replace(/^## \[Unreleased\]\n/m, `## [Unreleased]\n\n## [${version}] - ${day}\n`);
}
