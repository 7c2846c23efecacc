export { type GatewayConfig, openGateway, type RunningGateway } from "./open-gateway.js";
