export { readConfig } from "./read-config.js";
export { isWholeTls, TLS_VARIABLES, type Tls, tlsOf, WHOLE_TLS } from "./tls.js";
