/** The tag of the jobs that are no jobs but users' crontabs as they were written. */
export const TABLE_TAG = "crontab-table";
