import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SERVICES = ["gateway", "recommendation", "jobs"] as const;
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

/** The variables that a service's main.ts knows, each also as a file. */
function variablesOf(service: string): ReadonlySet<string> {
  const names = [...read(`services/${service}/src/main.ts`).matchAll(/^ +([A-Z][A-Z_]+):/gm)].map(
    ([, name]) => name as string,
  );
  const tls = ["TLS_CA", "TLS_CERT", "TLS_KEY", "TLS_SERVER_NAME"];
  return new Set(["NODE_ENV", ...[...names, ...tls].flatMap((name) => [name, `${name}_FILE`])]);
}

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
    expect([...pruned].sort()).toEqual(readdirSync(join(ROOT, "services")).sort());
    const { devDependencies } = JSON.parse(read("package.json"));
    expect(lines.join("\n")).toContain(`turbo@${devDependencies.turbo} prune`);
  });
});

describe("docker-compose.yml", () => {
  const compose = parse(read("docker-compose.yml"), { merge: true });

  test("tells each service only what it knows, and gives it the secrets it reads", () => {
    for (const service of SERVICES) {
      const { environment, secrets } = compose.services[service];
      const known = variablesOf(service);
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
      const files = Object.values<string>(environment).filter((value) => String(value).startsWith("/run/secrets/"));
      expect(files.map((file) => file.slice("/run/secrets/".length)).sort()).toEqual([...secrets].sort());
    }
  });

  test("has a file for each secret of a developer's machine, and secrets long enough", () => {
    for (const name of Object.keys(compose.secrets))
      expect(existsSync(join(ROOT, "deploy/compose/secrets", name))).toBe(true);
    for (const name of ["jwt-secret", "track-secret"])
      expect(read(`deploy/compose/secrets/${name}`).length).toBeGreaterThanOrEqual(32);
    expect(read("deploy/compose/secrets/mysql-url")).toContain(
      `:${read("deploy/compose/secrets/mysql-password")}@mysql:`,
    );
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
      .filter(([name, { healthcheck, build }]) => name !== "setup" && healthcheck === undefined && build === undefined)
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
    const known = variablesOf(service);
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
