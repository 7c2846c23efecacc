// Recorded by RECORD_EXAMPLES=1 npm test -- gateway/test/openapi. DO NOT EDIT.
import type { Example } from "../example.js";

export const EXAMPLES: Readonly<Record<string, Example>> = {
  "article": {
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "4",
        "aut_id": "2",
        "aut_name": "alice",
        "pubdate": "2026-11-20T22:00:00.000Z",
        "title": "Hello again",
        "channel_id": "101",
        "cover": [
          "/covers/a.svg"
        ],
        "comment_count": 0,
        "like_count": 0,
        "collect_count": 0,
        "status": "published",
        "publish_at": null,
        "content": "World",
        "similar": [
          {
            "article_id": "3",
            "aut_id": "1",
            "aut_name": "carol",
            "pubdate": "2026-11-20T22:00:00.000Z",
            "title": "article 3",
            "channel_id": "101",
            "cover": [],
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0
          },
          {
            "article_id": "2",
            "aut_id": "1",
            "aut_name": "carol",
            "pubdate": "2026-11-20T22:00:00.000Z",
            "title": "article 2",
            "channel_id": "101",
            "cover": [],
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0
          },
          {
            "article_id": "1",
            "aut_id": "1",
            "aut_name": "carol",
            "pubdate": "2026-11-20T22:00:00.000Z",
            "title": "article 1",
            "channel_id": "101",
            "cover": [],
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0
          }
        ]
      }
    }
  },
  "blocked": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "user_id": "2",
            "name": "alice",
            "about": "",
            "at": "2026-11-20T22:00:00.000Z"
          }
        ],
        "count": 1,
        "has_more": false,
        "next": null
      }
    }
  },
  "changePassword": {
    "request": {
      "current_password": "a long password",
      "new_password": "another long password"
    },
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "ended": 2
      }
    }
  },
  "channels": {
    "answer": {
      "message": "OK",
      "data": {
        "channels": [
          {
            "id": "0",
            "name": "推荐",
            "name_en": "For you"
          }
        ]
      }
    }
  },
  "clearRead": {
    "answer": {
      "message": "OK",
      "data": {
        "count": 0
      }
    }
  },
  "collected": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "article_id": "4",
            "at": "2026-11-20T22:00:00.000Z",
            "article": {
              "article_id": "4",
              "aut_id": "2",
              "aut_name": "alice",
              "pubdate": "2026-11-20T22:00:00.000Z",
              "title": "Hello again",
              "channel_id": "101",
              "cover": [
                "/covers/a.svg"
              ],
              "comment_count": 0,
              "like_count": 1,
              "collect_count": 1
            }
          }
        ],
        "count": 1,
        "has_more": false,
        "next": null
      }
    }
  },
  "comment": {
    "request": {
      "content": "Nice"
    },
    "answer": {
      "message": "OK",
      "data": {
        "comment_id": "1",
        "article_id": "4",
        "user_id": "3",
        "user_name": "bob",
        "content": "Nice",
        "created_at": "2026-11-20T22:00:00.000Z"
      }
    }
  },
  "comments": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "comment_id": "1",
            "article_id": "4",
            "user_id": "3",
            "user_name": "bob",
            "content": "Nice",
            "created_at": "2026-11-20T22:00:00.000Z"
          }
        ],
        "has_more": false,
        "next": null
      }
    }
  },
  "conversations": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "user_id": "3",
            "user_name": "bob",
            "unread": 1,
            "read_up_to": "0",
            "last_message": {
              "message_id": "1",
              "sender_id": "3",
              "recipient_id": "2",
              "text": "hi",
              "client_id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
              "created_at": "2026-11-20T22:00:00.000Z",
              "state": "sent"
            }
          }
        ],
        "has_more": false,
        "next": null
      }
    }
  },
  "docs": {
    "answer": "<!doctype html>\n…"
  },
  "docsStyle": {
    "answer": "\n…"
  },
  "edit": {
    "request": {
      "title": "Hello again"
    },
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "4"
      }
    }
  },
  "feed": {
    "answer": {
      "message": "OK",
      "data": {
        "page": 1,
        "per_page": 10,
        "timestamp": 1795219200000,
        "pre_timestamp": 1795219200000,
        "has_more": false,
        "exhausted": false,
        "server_time": 1795219200000,
        "degraded": false,
        "exposure": "v1.…",
        "results": [
          {
            "article_id": "3",
            "aut_id": "1",
            "aut_name": "carol",
            "pubdate": "2026-11-20T22:00:00.000Z",
            "title": "article 3",
            "channel_id": "101",
            "cover": [],
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0,
            "is_top": false,
            "reason": "explore",
            "trace": {
              "click": "v1.…",
              "collect": "v1.…",
              "read": "v1.…",
              "liking": "v1.…"
            }
          }
        ]
      }
    }
  },
  "follow": {
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "following": true
      }
    }
  },
  "followers": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "user_id": "3",
            "name": "bob",
            "about": "",
            "at": "2026-11-20T22:00:00.000Z",
            "following": false
          }
        ],
        "count": 1,
        "has_more": false,
        "next": null
      }
    }
  },
  "following": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "user_id": "2",
            "name": "alice",
            "about": "",
            "at": "2026-11-20T22:00:00.000Z",
            "following": true
          }
        ],
        "count": 1,
        "has_more": false,
        "next": null
      }
    }
  },
  "healthz": {
    "answer": "ok\n"
  },
  "liked": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "article_id": "4",
            "at": "2026-11-20T22:00:00.000Z",
            "article": {
              "article_id": "4",
              "aut_id": "2",
              "aut_name": "alice",
              "pubdate": "2026-11-20T22:00:00.000Z",
              "title": "Hello again",
              "channel_id": "101",
              "cover": [
                "/covers/a.svg"
              ],
              "comment_count": 0,
              "like_count": 1,
              "collect_count": 0
            }
          }
        ],
        "count": 1,
        "has_more": false,
        "next": null
      }
    }
  },
  "me": {
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "name": "alice",
        "about": "",
        "created_at": "2026-11-20T22:00:00.000Z",
        "article_count": 1,
        "follower_count": 0,
        "following_count": 0,
        "like_received_count": 0
      }
    }
  },
  "messages": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "message_id": "1",
            "sender_id": "3",
            "recipient_id": "2",
            "text": "hi",
            "client_id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
            "created_at": "2026-11-20T22:00:00.000Z",
            "state": "sent"
          }
        ],
        "has_more": false,
        "next": null
      }
    }
  },
  "metrics": {
    "answer": "# HELP process_cpu_user_seconds_total Total user CPU time spent in seconds.\n…"
  },
  "myArticles": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "article_id": "5",
            "title": "Later",
            "channel_id": "101",
            "cover": [
              "/covers/a.svg"
            ],
            "status": "scheduled",
            "publish_at": "2026-11-20T22:00:00.000Z",
            "pubdate": null,
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0
          },
          {
            "article_id": "4",
            "title": "Hello again",
            "channel_id": "101",
            "cover": [
              "/covers/a.svg"
            ],
            "status": "published",
            "publish_at": null,
            "pubdate": "2026-11-20T22:00:00.000Z",
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0
          }
        ],
        "has_more": false,
        "next": null
      }
    }
  },
  "notifications": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "id": "2",
            "kind": "followed",
            "subject_id": "3",
            "actor_id": "3",
            "actor_name": "bob",
            "created_at": "2026-11-20T22:00:00.000Z",
            "read_at": null
          }
        ],
        "unread": 1,
        "has_more": false,
        "next": null
      }
    }
  },
  "openapi": {
    "answer": {
      "openapi": "3.1.0",
      "info": {
        "title": "Headline",
        "version": "1",
        "description": "JSON in, JSON out: `{\"message\":\"OK\",\"data\":{…}}` on success, `application/problem+json` (RFC 9457) on failure. Ids are\n…",
        "contact": {
          "name": "The contributors of Headline"
        },
        "license": {
          "name": "MIT",
          "identifier": "MIT"
        }
      }
    }
  },
  "order": {
    "request": {
      "article_id": "4"
    },
    "answer": {
      "message": "OK",
      "data": {
        "order_id": "1",
        "article_id": "4",
        "article_title": "Hello again",
        "day": "2026-11-20",
        "price_fen": 990,
        "status": "unpaid",
        "created_at": "2026-11-20T22:00:00.000Z",
        "expires_at": "2026-11-20T22:00:00.000Z",
        "paid_at": null,
        "cancelled_at": null,
        "promoted_from": null,
        "promoted_until": null
      }
    }
  },
  "orders": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "order_id": "2",
            "article_id": "4",
            "article_title": "Hello again",
            "day": "2026-11-20",
            "price_fen": 990,
            "status": "unpaid",
            "created_at": "2026-11-20T22:00:00.000Z",
            "expires_at": "2026-11-20T22:00:00.000Z",
            "paid_at": null,
            "cancelled_at": null,
            "promoted_from": null,
            "promoted_until": null
          },
          {
            "order_id": "1",
            "article_id": "4",
            "article_title": "Hello again",
            "day": "2026-11-20",
            "price_fen": 990,
            "status": "cancelled",
            "created_at": "2026-11-20T22:00:00.000Z",
            "expires_at": "2026-11-20T22:00:00.000Z",
            "paid_at": null,
            "cancelled_at": "2026-11-20T22:00:00.000Z",
            "promoted_from": null,
            "promoted_until": null
          }
        ],
        "has_more": false,
        "next": null
      }
    }
  },
  "pay": {
    "answer": {
      "message": "OK",
      "data": {
        "order_id": "2",
        "article_id": "4",
        "article_title": "Hello again",
        "day": "2026-11-20",
        "price_fen": 990,
        "status": "paid",
        "created_at": "2026-11-20T22:00:00.000Z",
        "expires_at": "2026-11-20T22:00:00.000Z",
        "paid_at": "2026-11-20T22:00:00.000Z",
        "cancelled_at": null,
        "promoted_from": "2026-11-20T22:00:00.000Z",
        "promoted_until": "2026-11-20T22:00:00.000Z"
      }
    }
  },
  "promotionDays": {
    "answer": {
      "message": "OK",
      "data": {
        "price_fen": 990,
        "pay_within_seconds": 1800,
        "results": [
          {
            "day": "2026-11-20",
            "capacity": 20,
            "available": 20
          }
        ]
      }
    }
  },
  "publish": {
    "request": {
      "title": "Hello",
      "content": "World",
      "channel_id": 101,
      "cover": [
        "/covers/a.svg"
      ]
    },
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "4"
      }
    }
  },
  "readMessages": {
    "request": {
      "up_to": "1"
    },
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "3",
        "read_up_to": "1",
        "unread": 0
      }
    }
  },
  "readNotifications": {
    "request": {
      "up_to": "1"
    },
    "answer": {
      "message": "OK",
      "data": {
        "up_to": "1",
        "unread": 1
      }
    }
  },
  "readingHistory": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "article_id": "4",
            "at": "2026-11-20T22:00:00.000Z",
            "article": {
              "article_id": "4",
              "aut_id": "2",
              "aut_name": "alice",
              "pubdate": "2026-11-20T22:00:00.000Z",
              "title": "Hello again",
              "channel_id": "101",
              "cover": [
                "/covers/a.svg"
              ],
              "comment_count": 0,
              "like_count": 0,
              "collect_count": 0
            }
          }
        ],
        "count": 2,
        "has_more": true,
        "next": "1796055792109-4"
      }
    }
  },
  "readyz": {
    "answer": "ready\n"
  },
  "remove": {
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "5"
      }
    }
  },
  "removeComment": {
    "answer": {
      "message": "OK",
      "data": {
        "comment_id": "1"
      }
    }
  },
  "removeRead": {
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "4"
      }
    }
  },
  "renew": {
    "request": {
      "refresh_token": "eyJ…"
    },
    "answer": {
      "message": "OK",
      "data": {
        "token": "eyJ…",
        "refresh_token": "eyJ…",
        "expires_in": 7200
      }
    }
  },
  "reportEvents": {
    "request": {
      "events": [
        {
          "id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
          "type": "click",
          "token": "v1.…",
          "ts": 1795219200000
        },
        {
          "id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
          "type": "click",
          "token": "v1.…",
          "ts": 1795219200000
        },
        {
          "id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
          "type": "click",
          "token": "v1.…",
          "ts": 1795219200000
        }
      ]
    },
    "answer": {
      "message": "OK",
      "data": {
        "accepted": 1,
        "duplicates": 1,
        "rejected": [
          {
            "index": 2,
            "reason": "token is not a token of this site"
          }
        ]
      }
    }
  },
  "sendMessage": {
    "request": {
      "text": "hi",
      "client_id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10"
    },
    "answer": {
      "message": "OK",
      "data": {
        "message_id": "1",
        "sender_id": "3",
        "recipient_id": "2",
        "text": "hi",
        "client_id": "7f9c24e8-3b12-4f6a-9d51-0c8f5b7a2e10",
        "created_at": "2026-11-20T22:00:00.000Z",
        "state": "sent"
      }
    }
  },
  "showOrder": {
    "answer": {
      "message": "OK",
      "data": {
        "order_id": "2",
        "article_id": "4",
        "article_title": "Hello again",
        "day": "2026-11-20",
        "price_fen": 990,
        "status": "unpaid",
        "created_at": "2026-11-20T22:00:00.000Z",
        "expires_at": "2026-11-20T22:00:00.000Z",
        "paid_at": null,
        "cancelled_at": null,
        "promoted_from": null,
        "promoted_until": null
      }
    }
  },
  "signIn": {
    "request": {
      "name": "alice",
      "password": "a long password"
    },
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "name": "alice",
        "token": "eyJ…",
        "refresh_token": "eyJ…",
        "expires_in": 7200
      }
    }
  },
  "signOut": {
    "answer": {
      "message": "OK",
      "data": {
        "ended": 1
      }
    }
  },
  "signUp": {
    "request": {
      "name": "alice",
      "password": "a long password"
    },
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "name": "alice",
        "token": "eyJ…",
        "refresh_token": "eyJ…",
        "expires_in": 7200
      }
    }
  },
  "staticPage": {
    "answer": "<!doctype html>\n…"
  },
  "unblock": {
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "blocked": false
      }
    }
  },
  "uncollect": {
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "4"
      }
    }
  },
  "unfollow": {
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "following": false
      }
    }
  },
  "unlike": {
    "answer": {
      "message": "OK",
      "data": {
        "article_id": "4"
      }
    }
  },
  "updates": {
    "answer": {
      "message": "OK",
      "data": {
        "channel_id": "0",
        "since": 0,
        "count": 0,
        "degraded": false
      }
    }
  },
  "user": {
    "answer": {
      "message": "OK",
      "data": {
        "user_id": "2",
        "name": "alice",
        "about": "",
        "created_at": "2026-11-20T22:00:00.000Z",
        "article_count": 1,
        "follower_count": 1,
        "following_count": 0,
        "like_received_count": 0,
        "following": true
      }
    }
  },
  "userArticles": {
    "answer": {
      "message": "OK",
      "data": {
        "results": [
          {
            "article_id": "4",
            "aut_id": "2",
            "aut_name": "alice",
            "pubdate": "2026-11-20T22:00:00.000Z",
            "title": "Hello again",
            "channel_id": "101",
            "cover": [
              "/covers/a.svg"
            ],
            "comment_count": 0,
            "like_count": 0,
            "collect_count": 0
          }
        ],
        "has_more": false,
        "next": null
      }
    }
  },
  "withdrawOrder": {
    "answer": {
      "message": "OK",
      "data": {
        "order_id": "1",
        "article_id": "4",
        "article_title": "Hello again",
        "day": "2026-11-20",
        "price_fen": 990,
        "status": "cancelled",
        "created_at": "2026-11-20T22:00:00.000Z",
        "expires_at": "2026-11-20T22:00:00.000Z",
        "paid_at": null,
        "cancelled_at": "2026-11-20T22:00:00.000Z",
        "promoted_from": null,
        "promoted_until": null
      }
    }
  }
};
