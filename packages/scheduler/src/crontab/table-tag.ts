/** Tag of the jobs that hold the text of users' crontabs. */
export const TABLE_TAG = "crontab-table";
