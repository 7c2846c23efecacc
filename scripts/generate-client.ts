import "../tools/generate/client.js";
