import { expect, test } from "@jest/globals";
import { notesOf, withRelease } from "./changelog.js";
import { refusals } from "./refusals.js";
import { withVersion } from "./set-version.js";

const CHANGELOG =
  "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- New.\n\n## [0.1.0] - 2026-11-30\n\n### Added\n\n- First.\n";
const FIT = {
  ...{ status: "", branch: "main", tag: "v0.2.0", hasTag: false, version: "0.2.0", hasNotes: true },
  repository: "git+https://code.org/headline.git",
};

test("notes of a version are its section; an empty section and none are no notes", () => {
  expect(notesOf(CHANGELOG, "0.1.0")).toBe("### Added\n\n- First.");
  expect(notesOf(CHANGELOG, "0.2.0")).toBeUndefined();
  expect(notesOf("## [Unreleased]\n\n## [0.1.0]\n\n- First.\n", "Unreleased")).toBeUndefined();
});

test("a new version takes what was unreleased", () => {
  const released = withRelease(CHANGELOG, "0.2.0", "2026-12-24");
  expect(released).toContain("## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n### Added\n\n- New.\n");
  expect(notesOf(released, "0.2.0")).toBe("### Added\n\n- New.");
  expect(() => withRelease(released, "0.3.0", "2026-12-25")).toThrow("nothing under Unreleased");
});

test("a manifest gets the version, and the ranges of published packages that it names by a range", () => {
  const dependencies = { "@headline/grpc": "^0.1.0", "@headline/service": "*", zod: "^4.6.7" };
  const manifest = withVersion(
    JSON.stringify({ version: "0.1.0", dependencies }),
    "0.2.0",
    new Set(["@headline/grpc", "@headline/service"]),
  );
  expect(JSON.parse(manifest)).toEqual({
    version: "0.2.0",
    dependencies: { ...dependencies, "@headline/grpc": "^0.2.0" },
  });
});

test("a release needs a clean main, a new tag, notes and a repository", () => {
  expect(refusals(FIT)).toEqual([]);
  const unfit = {
    ...{ status: " M a.ts", branch: "topic", tag: "v0.2.0", hasTag: true, version: "0.2.0", hasNotes: false },
    repository: "git+https://github.example/headline.git",
  };
  expect(refusals(unfit).map((reason) => reason.split("\n")[0])).toEqual([
    "the tree has changes that are not committed:",
    "the branch is topic, not main",
    "the tag v0.2.0 exists",
    "CHANGELOG.md has no section [0.2.0] with notes",
    "the repository is a placeholder: git+https://github.example/headline.git",
  ]);
});
