import { throwawayMysql } from "@headline/testkit";
import { beforeAll, test } from "@jest/globals";

beforeAll(async () => void (await throwawayMysql()));
test("needs MariaDB", () => {});
test("needs it as well", () => {});
