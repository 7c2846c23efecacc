import { type Html, html } from "@headline/service/html";
import type { RequestHandler } from "express";
import { document } from "../http/document.js";
import { pageHeader } from "../http/page-header.js";
import type { RecentTask, RecentTasks } from "./recent-tasks.js";

/** GET /tasks: the background tasks' last attempts, with their results, errors and retries. */
export function tasksPage(recent: RecentTasks): RequestHandler {
  return async (_req, res) => {
    const tasks = await recent.list();
    const body = html`${pageHeader("tasks")}
<main><h1>Background tasks</h1>
${tasks.length === 0 ? html`<p>None was done lately. Publishing as an author with followers makes some.</p>` : table(tasks)}</main>`;
    document(res, 200, "Background tasks", body);
  };
}

function table(tasks: readonly RecentTask[]): Html {
  const rows = tasks.map(
    ({ task, args, state, retries, startedAtMs, durationMs, outcome }) =>
      html`<tr class="${state}"><td>${state === "success" ? "Done" : "Failed"}</td><td class="wide" data-label="Task">${task}</td><td class="wide" data-label="Arguments"><code dir="auto">${args}</code></td><td data-label="Started (UTC)">${new Date(startedAtMs).toISOString().slice(0, 19).replace("T", " ")}</td><td class="number" data-label="Duration">${durationMs} ms</td><td class="number" data-label="Retries">${retries}</td><td class="wide" data-label="Result or error"><code dir="auto">${outcome}</code></td></tr>`,
  );
  return html`<table class="cards"><thead><tr><th>State</th><th>Task</th><th>Arguments</th><th>Started (UTC)</th><th class="number">Duration</th><th class="number">Retries</th><th>Result or error</th></tr></thead><tbody>${rows}</tbody></table>`;
}
