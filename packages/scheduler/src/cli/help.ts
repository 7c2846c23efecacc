const STORE_HELP = `
  --store URL    sqlite:FILE, mysql://…, postgres://…, redis://… or the path of Redis's socket (default: $SCHED_STORE)
  --ns NAME      which jobs of that store (default: "default")`;

/** Help texts of the commands. */
export const HELP = {
  sched: `usage: sched COMMAND …

  sched crontab list|edit|remove|apply   a user's crontab in a shared store
  sched start                            run jobs and crontabs until SIGTERM
  sched jobs                             the jobs and their next runs
  sched executions                       the history of runs
  sched pause|resume|run|remove ID       change one job
  sched backfill ID                      run the missed times of a range of the past
  sched export, sched import FILE        jobs from one store to another
  sched doctor                           jobs that no live scheduler can run
  sched next 'EXPR'                      run times of a crontab expression

sched COMMAND --help says more. Errors are one line on stderr and exit code 2.`,

  crontab: `usage: sched crontab list|edit|remove [--user U]
       sched crontab apply FILE [--user U] [--system] [--tz ZONE]   FILE may be - for stdin

Keeps crontabs in a store. A line that has not changed keeps its job, next run and history; a table with a mistake
changes nothing. edit opens $VISUAL or $EDITOR. The user is a name for the table: commands run as the user of
sched start, except in system tables (--system), whose lines name the user themselves.

  --user U       whose table (default: yours)
  --system       the lines have a user field
  --tz ZONE      the zone of lines above which no CRON_TZ stands (default: the one that the table or its namespace has
                 already, and for the first table the machine's)${STORE_HELP}`,

  start: `usage: sched start [--crontab FILE]…

Runs the store's jobs whose task it knows, which are crontab lines. SIGHUP reads the crontab files again; one with a
mistake leaves its jobs as they were. SIGTERM and SIGINT let what runs finish; a second one ends it.

  --crontab FILE  a crontab to run as well; may be given several times
  --system        the crontab files have a user field
  --tz ZONE       the zone of lines above which no CRON_TZ stands (default: the machine's)
  --log FORMAT    json (default) or text: a line for each run on stdout
  --drain SECONDS how long to wait for what runs (default: 30)
  --concurrency N commands at once (default: 50)${STORE_HELP}; without a store, jobs are in memory`,

  jobs: `usage: sched jobs [--tag T] [--json] [--tz ZONE]
${STORE_HELP}`,

  executions: `usage: sched executions [--job ID] [--state STATE]… [-n 20] [--json] [--tz ZONE]
${STORE_HELP}`,

  change: `usage: sched resume|remove ID
       sched pause ID [--until DATE] [--note TEXT]
       sched run ID [--overlap skip|queue-one|cancel-other]
       sched backfill ID --from DATE --to DATE [--again lost,cancelled,error]

run starts the job once beside its timetable, on any scheduler of the store that knows its task, and prints the
execution's id. While as many run as may, --overlap (default: the job's) says whether it is
refused, waits, or waits and has what runs asked to end. backfill starts the run times from DATE to DATE that the job has
not had, one after the other in one instance, up to 1,000, and prints each execution's id with its run time. pause --until 2026-01-31T12:30Z resumes by itself then (without
an offset: local time here).

  --from, --to DATE
                 the range of a backfill, both ends belong to it; without an offset: local time here
  --again STATES run times of the range that ended so run again
  --until DATE   when the pause ends by itself, by the clock of the store
  --note TEXT    why; jobs --json and the dashboard show it${STORE_HELP}`,

  export: `usage: sched export [--history] > jobs.jsonl

Writes the jobs to stdout, a line of JSON each, with their next runs, pauses and counts of runs. Schedulers may go on meanwhile.
Jobs that this version cannot read are not among them.

  --history      also the executions that have ended, newest first${STORE_HELP}`,

  import: `usage: sched import FILE        FILE may be - for stdin

Adds the jobs and executions of a file that sched export wrote, from any store; schedulers may go on meanwhile. What is there under
its id stays as it is, so that the same file twice is once. A line that cannot be read, or of a later version, is left alone and named, and the
exit code is 1. A job in two stores runs in both: stop its schedulers there first, or remove it.
${STORE_HELP}`,

  doctor: `usage: sched doctor

Lists the jobs that no live scheduler of the store can run, with the task or the executor that is missing, and ends with
exit code 1 when there are any.
${STORE_HELP}`,

  next: `usage: sched next --job ID [-n 5] [--tz ZONE]
       sched next 'EXPR' [--tz ZONE] [-n 5] [--extended] [--without-days DAYS]

Prints the next times at which a job of a store runs, or at which a crontab expression (five fields, or @daily and its
like) fires.

  --extended     reads L, L-3, LW, 15W, 5L, fri#3 and ? as well; in a crontab file the line CRON_EXTENDED=yes does
  --without-days sat,12-25,2026-12-24/2027-01-02
                 leaves these days out; in a crontab file CRON_WITHOUT_DAYS= does${STORE_HELP}`,
} as const;
