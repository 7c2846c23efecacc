import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

interface Image {
  readonly node: number;
  readonly image: string;
}
interface Job {
  readonly container: string | { readonly image: string };
  readonly strategy: { readonly matrix: { readonly include?: readonly Image[]; readonly mysql?: readonly string[] } };
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}
interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id: string;
    readonly attributes: { readonly label: string };
  }[];
}

const ROOT = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(text("package.json")) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const { jobs } = parse(text(".github/workflows/ci.yml")) as { readonly jobs: Readonly<Record<string, Job>> };
const lts = Number(text(".nvmrc"));
const oldest = Number(/^>=(\d+)/.exec(manifest.engines.node)?.[1]);

const images = jobs["mariadb"]?.strategy.matrix.include ?? [];

describe("the workflow", () => {
  test("runs commands that exist", () => {
    const commands = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run }) => (run === undefined ? [] : [run])),
    );
    expect(commands).toContain(".ci/run");
    for (const script of npmScripts(commands.join("\n"))) expect(manifest.scripts).toHaveProperty([script]);
    accessSync(join(ROOT, ".ci/run"), constants.X_OK);
  });

  test("covers the oldest supported Node and the LTS, MariaDB and MySQL", () => {
    const node = images.map((each) => each.node);
    expect(node[0]).toBe(oldest);
    expect(node.at(-1)).toBe(lts);
    expect(node).toEqual([20, 22, 24]);
    expect(jobs["mysql"]?.strategy.matrix.mysql).toEqual(["8.0", "8.4"]);
    for (const { node, image } of images) expect(image).toMatch(new RegExp(`^node:${node}-bookworm(@|$)`));
    expect(jobs["mysql"]?.container).toMatchObject({ image: images.at(-1)?.image });
  });
});

test("the images and the container for development run the Node of .nvmrc, and types are those of the oldest", () => {
  expect(text("Dockerfile").match(/^FROM node:[^@\s]+/gm)).toEqual([`FROM node:${lts}-bookworm-slim`]);
  expect(manifest.devDependencies["@types/node"]).toMatch(new RegExp(`^\\^${oldest}\\.`));
  expect(text(".devcontainer/devcontainer.json")).toContain(`typescript-node:${lts}-bookworm`);
  expect(JSON.parse(text(".devcontainer/devcontainer.json"))).toHaveProperty("postCreateCommand", "npm install");
});

test("images of Node are held by the digests of docs/dependencies.md, all but the oldest", () => {
  const used = [
    ...`${text("Dockerfile")}${text(".github/workflows/ci.yml")}`.matchAll(/\bnode:[\w.-]+(?:@sha256:\w+)?/g),
  ];
  const names = new Set(used.map(([name]) => name));
  const documented = [...text("docs/dependencies.md").matchAll(/^\| `(node:\S+@sha256:[0-9a-f]{64})` \|/gm)];
  const held = documented.map(([, image]) => image);
  expect([...names].sort()).toEqual([`node:${oldest}-bookworm`, ...held].sort());
});

test("the documents name npm scripts that exist", () => {
  for (const file of ["CONTRIBUTING.md", ".github/pull_request_template.md"])
    for (const script of npmScripts(text(file)))
      expect({ file, scripts: manifest.scripts }).toHaveProperty(["scripts", script]);
});

test("issue forms have a label for each field", () => {
  const forms = readdirSync(join(ROOT, ".github/ISSUE_TEMPLATE")).filter((file) => file !== "config.yml");
  expect(forms.sort()).toEqual(["bug.yml", "proposal.yml"]);
  for (const file of forms) {
    const form = parse(text(`.github/ISSUE_TEMPLATE/${file}`)) as Form;
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    for (const field of form.body)
      expect(field).toMatchObject({ id: expect.any(String), attributes: { label: expect.any(String) } });
  }
});

function text(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function npmScripts(commands: string): readonly string[] {
  const run = [...commands.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!);
  const direct = [...commands.matchAll(/\bnpm (test|start)\b/g)].map(([, name]) => name!);
  return [...run, ...direct];
}
