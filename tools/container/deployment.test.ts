import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mysqlAddress } from "@headline/service/config";
import { describe, expect, test } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";
import { missingSteps, SERVICES, type Service, variablesOf } from "../check/variables.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Of compose, below /run/secrets. */
const FILES = ["jwt/secret", "track/secret", "staff/secret", "mysql/password", "mysql/url"];
/** Processes that end when they are done. */
const ONCE = ["setup", "secrets"];
const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"] as const;
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  // biome-ignore lint/suspicious/noExplicitAny: three kinds of probes
  readonly [probe: string]: any;
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: a field for each kind
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** Variables of a service, each also as a file. */
function knownTo(service: Service): ReadonlySet<string> {
  return new Set(["NODE_ENV", ...[...variablesOf(service)].flatMap((name) => [name, `${name}_FILE`])]);
}

/** Those without which a service does not start, or signs with a key that another restart forgets. */
const NEEDED: Readonly<Record<(typeof SERVICES)[number], readonly string[]>> = {
  gateway: ["MYSQL_URL", "REDIS_URL", "REDIS_STATE_URL", "JWT_SECRET", "TRACK_SECRET"],
  recommendation: ["MYSQL_URL", "REDIS_URL", "REDIS_STATE_URL", "TRACK_SECRET"],
  jobs: ["MYSQL_URL", "REDIS_URL", "REDIS_STATE_URL", "STAFF_SECRET"],
};
const plain = (names: Iterable<string>) => new Set([...names].map((name) => name.replace(/_FILE$/, "")));

/** Code beside the services' main.ts that knows variables. */
const READERS = ["tools/launcher/environment.ts", "packages/service/src/config/tls.ts"];

describe("the variables of the services", () => {
  test("are used where they are declared, and are all in the table of docs/architecture.md", () => {
    expect(missingSteps()).toEqual([]);
  });

  test("in the table of docs/architecture.md are read by a service or by npm start", () => {
    const [, table = ""] = /\n\| variable \|([\s\S]*?)\n\n/.exec(read("docs/architecture.md")) ?? [];
    const names = table.split("\n").flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([A-Z][A-Z_]+)`/g)]);
    const code = [...SERVICES.map((service) => `services/${service}/src/main.ts`), ...READERS].map(read).join("\n");
    const unread = names.map(([, name]) => name as string).filter((name) => !new RegExp(`\\b${name}\\b`).test(code));
    expect(names.length).toBeGreaterThan(30);
    expect(unread).toEqual([]);
  });

  test.each(SERVICES)("that %s needs are in compose and in the manifests", (service) => {
    const compose = parse(read("docker-compose.yml"), { merge: true }).services[service].environment;
    const pods = parseAllDocuments(read(`deploy/kubernetes/base/${service}.yaml`)).map(
      (each) => each.toJS() as Manifest,
    );
    const shared = parse(read("deploy/kubernetes/base/config.yaml")).data as object;
    const own: readonly { name: string }[] = pods.find(({ kind }) => kind === "Deployment")!.spec.template.spec
      .containers[0].env;
    for (const names of [plain(Object.keys(compose)), plain([...Object.keys(shared), ...own.map(({ name }) => name)])])
      expect(NEEDED[service].filter((name) => !names.has(name))).toEqual([]);
  });
});

describe("the Dockerfile", () => {
  const lines = read("Dockerfile").split("\n");

  test("has a target for each process, which starts what the build makes", () => {
    const text = lines.join("\n");
    for (const service of SERVICES) {
      expect(text).toMatch(new RegExp(`^FROM runtime AS ${service}$`, "m"));
      expect(text).toContain(`"services/${service}/dist/main.js"]`);
      expect(existsSync(join(ROOT, `services/${service}/src/main.ts`))).toBe(true);
    }
    expect(text).toMatch(/^FROM build AS setup$/m);
  });

  test("copies what there is, and prunes to workspaces that exist", () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from|\. )/.test(line))
      .flatMap((line) => line.split(" ").slice(1, -1));
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const pruned = [...(lines.find((line) => line.includes("turbo@")) ?? "").matchAll(/@headline\/(\w+)/g)].map(
      ([, name]) => name,
    );
    expect([...pruned].sort()).toEqual([...readdirSync(join(ROOT, "services")), "tools"].sort());
    const { devDependencies } = JSON.parse(read("package.json"));
    expect(lines.join("\n")).toContain(`turbo@${devDependencies.turbo} prune`);
  });
});

describe("docker-compose.yml", () => {
  const compose = parse(read("docker-compose.yml"), { merge: true });

  test("tells each service only what it knows, and gives it the secrets it reads", () => {
    for (const service of SERVICES) {
      const { environment, volumes } = compose.services[service];
      const known = knownTo(service);
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
      const files = Object.values<string>(environment).filter((value) => String(value).startsWith("/run/secrets/"));
      const mounted = (volumes as string[]).map((volume) => volume.split(":")[1]);
      expect(files.map((file) => dirname(file)).sort()).toEqual([...mounted].sort());
    }
  });

  test("publishes nothing beyond loopback unless HOST says so", () => {
    const ports = Object.values<{ ports?: string[] }>(compose.services).flatMap(
      ({ ports: published = [] }) => published,
    );
    expect(ports).toHaveLength(3);
    for (const published of ports) expect(published).toMatch(/^(127\.0\.0\.1|\$\{HOST:-127\.0\.0\.1\}):/);
    expect(compose.services.setup.environment.HOST).toMatch(/^\$\{HOST:-127\.0\.0\.1\}$/);
  });

  test("makes its secrets at the first start, keeps them, and takes those that are given unless they are published", () => {
    const folder = mkdtempSync(join(tmpdir(), "headline-secrets-"));
    const [given, into] = [join(folder, "given"), join(folder, "into")];
    const make = () => {
      const args = [
        "--import",
        "tsx",
        "--conditions=headline-source",
        join(ROOT, "tools/container/make-secrets.ts"),
        given,
        into,
      ];
      return spawnSync(process.execPath, args, { encoding: "utf8", cwd: ROOT });
    };
    const made = () => FILES.map((file) => readFileSync(join(into, file), "utf8").trim());
    try {
      mkdirSync(given);
      expect(make().status).toBe(0);
      const first = made();
      const [jwt = "", track = "", staff = "", password = "", url = ""] = first;
      expect(new Set([jwt, track, staff, password]).size).toBe(4);
      for (const text of [jwt, track, staff, password]) expect(text.length).toBeGreaterThanOrEqual(32);
      expect(mysqlAddress(url)).toMatchObject({ host: "mysql", user: "root", password, database: "headline" });

      writeFileSync(join(given, "mysql-password"), "p@ss/1\n");
      expect(make().status).toBe(0);
      expect(made().slice(0, 4)).toEqual([jwt, track, staff, "p@ss/1"]);
      expect(mysqlAddress(made()[4] ?? "")).toMatchObject({ password: "p@ss/1" });

      writeFileSync(join(given, "jwt-secret"), "a signing secret for development only\n");
      const { status, stderr } = make();
      expect(status).toBe(1);
      expect(stderr).toMatch(/^\s*jwt-secret: must have at least 32 characters that cannot be guessed[^\n]*\s*$/);
      expect(made()[0]).toBe(jwt);
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const file of FILES) expect(read("docker-compose.yml")).toContain(`/run/secrets/${file}`);
  });

  test("runs two of what readers need, none of them bound to one port of the host", () => {
    for (const service of ["gateway", "recommendation"]) {
      expect(compose.services[service].deploy.replicas).toBe(2);
      expect(compose.services[service].ports).toBeUndefined();
    }
    const config = read("deploy/compose/haproxy.cfg");
    expect(config).toMatch(/server-template gateway- \d+ gateway:3000/);
    expect(config).toMatch(/httpchk GET \/readyz/);
  });

  test("checks the health of everything that stays", () => {
    const checked = Object.entries<{ healthcheck?: object; build?: object }>(compose.services)
      .filter(
        ([name, { healthcheck, build }]) => !ONCE.includes(name) && healthcheck === undefined && build === undefined,
      )
      .map(([name]) => name);
    expect(checked).toEqual([]); // what is built here has its HEALTHCHECK in the Dockerfile
  });
});

describe("deploy/kubernetes", () => {
  const folder = "deploy/kubernetes/base";
  const { resources } = parse(read(`${folder}/kustomization.yaml`)) as { resources: string[] };
  const manifests = resources.flatMap((file) =>
    parseAllDocuments(read(`${folder}/${file}`)).map((document) => document.toJS() as Manifest),
  );
  const named = (kind: string, name: string): Manifest => {
    const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return found;
  };
  const containerOf = (service: string): Container => named("Deployment", service).spec.template.spec.containers[0];

  test("names every file there is", () => {
    const files = readdirSync(join(ROOT, folder)).filter((file) => file !== "kustomization.yaml");
    expect([...resources].sort()).toEqual(files.sort());
  });

  test.each(SERVICES)("%s has all that a deployment needs, about the same pods", (service) => {
    const labels = { "app.kubernetes.io/name": service };
    const deployment = named("Deployment", service);
    expect(deployment.spec.template.metadata.labels).toMatchObject(labels);
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(named("Service", service).spec.selector).toEqual(labels);
    expect(named("PodDisruptionBudget", service).spec.selector.matchLabels).toEqual(labels);
    expect(named("HorizontalPodAutoscaler", service).spec).toMatchObject({
      scaleTargetRef: { kind: "Deployment", name: service },
      minReplicas: 2,
    });
    expect(named("NetworkPolicy", service).spec.podSelector.matchLabels).toEqual(labels);
    const container = containerOf(service);
    expect(container.image).toBe(`headline/${service}`);
    for (const probe of PROBES) expect(container[probe]).toBeDefined();
    expect(container.resources?.limits?.memory).toBeDefined();
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    const names = new Set(container.ports?.map(({ name }) => name));
    for (const { targetPort } of named("Service", service).spec.ports) expect(names).toContain(targetPort);
  });

  test.each(SERVICES)("%s is told only what it knows, and every secret as a file that is mounted", (service) => {
    const known = knownTo(service);
    const shared = named("ConfigMap", "headline").data ?? {};
    const own = Object.fromEntries((containerOf(service).env ?? []).map(({ name, value }) => [name, value]));
    expect(Object.keys(own).filter((name) => !known.has(name))).toEqual([]);
    const secrets = Object.entries({ ...shared, ...own }).filter(([name]) => /(_SECRET|_URL)(_FILE)?$/.test(name));
    for (const [name, value] of secrets) {
      expect(name).toMatch(/_FILE$/);
      expect(value).toMatch(/^\/run\/secrets\/headline\//);
    }
    expect(containerOf(service).volumeMounts).toContainEqual(
      expect.objectContaining({ mountPath: "/run/secrets/headline" }),
    );
  });

  test("lets callers see every recommender, and the recommender hears none but callers", () => {
    expect(named("Service", "recommendation").spec.clusterIP).toBe("None");
    expect(named("ConfigMap", "headline").data?.["RECOMMENDER_ADDRESS"]).toMatch(/^dns:\/\/\/recommendation\./);
    expect(named("NetworkPolicy", "nobody").spec).toEqual({ podSelector: {}, policyTypes: ["Ingress"] });
  });

  test("gives a gateway more time to end than it may take", () => {
    const { terminationGracePeriodSeconds } = named("Deployment", "gateway").spec.template.spec;
    const graceMs = Number(containerOf("gateway").env?.find(({ name }) => name === "GRACE_MS")?.value);
    expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(graceMs + 1_000 + 3_000);
  });
});
