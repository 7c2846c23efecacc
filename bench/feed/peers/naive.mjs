/**
 * The same job as most people would first write it: express, @grpc/proto-loader, one unary call, one GET per article, objects and
 * res.json. Environment: PORT, RECOMMENDER_ADDRESS, REDIS_URL, MYSQL_URL, PROTO.
 */
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import express from "express";
import { Redis } from "ioredis";
import mysql from "mysql2/promise";

const definition = protoLoader.loadSync(process.env.PROTO, { longs: String, keepCase: true });
const { UserRecommend } = grpc.loadPackageDefinition(definition);
const recommender = new UserRecommend(process.env.RECOMMENDER_ADDRESS, grpc.credentials.createInsecure());
const redis = new Redis(process.env.REDIS_URL);
const pool = mysql.createPool({ uri: process.env.MYSQL_URL, supportBigNumbers: true, bigNumberStrings: true });

const recommend = (request) =>
  new Promise((resolve, reject) =>
    recommender.user_recommend(request, (error, response) => (error ? reject(error) : resolve(response))),
  );

async function article(id) {
  const cached = await redis.get(`naive:article:${id}`);
  if (cached) return JSON.parse(cached);
  const [[row]] = await pool.query(
    "SELECT a.*, u.name FROM articles a LEFT JOIN users u ON u.id = a.author_id WHERE a.id = ?",
    [id],
  );
  const fields = {
    article_id: row.id,
    title: row.title,
    aut_id: row.author_id,
    aut_name: row.name ?? "",
    channel_id: String(row.channel_id),
    pubdate: new Date(Number(row.published_at)).toISOString(),
    cover: JSON.parse(row.cover),
    comment_count: 0,
    like_count: 0,
    collect_count: 0,
  };
  await redis.set(`naive:article:${id}`, JSON.stringify(fields), "EX", 3600);
  return fields;
}

const app = express();
app.get("/articles", async (req, res) => {
  const userId = -Number(req.headers.authorization.split(" ")[1]);
  const timestamp = Number(req.query.timestamp);
  const response = await recommend({
    user_id: userId,
    channel_id: Number(req.query.channel_id),
    article_num: 10,
    time_stamp: timestamp,
  });
  const results = await Promise.all(
    response.recommends.map(async ({ article_id, track }) => ({
      ...(await article(article_id)),
      is_top: false,
      reason: "hot",
      trace: { click: track.click, collect: track.collect, read: track.read, liking: track.liking },
    })),
  );
  res.json({
    message: "OK",
    data: {
      page: 1,
      per_page: 10,
      timestamp,
      pre_timestamp: Number(response.time_stamp),
      has_more: true,
      server_time: Date.now(),
      degraded: false,
      exposure: response.exposure,
      results,
    },
  });
});
app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
