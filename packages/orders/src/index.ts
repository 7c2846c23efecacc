export { activePromotions, type Promotion } from "./active-promotions.js";
export { CANCEL_TASK, cancelJobId } from "./cancel-job.js";
export { type Cancellation, cancelUnpaid, overdueOrders } from "./cancel-unpaid.js";
export { type Order, type OrderStatus, readOrder, readOrdersOf } from "./order.js";
export { OrderConflict } from "./order-conflict.js";
export { payOrder } from "./pay-order.js";
export { type PlaceOrder, placeOrder } from "./place-order.js";
export { type PromotionDay, promotionDays } from "./promotion-days.js";
export { recountSlots } from "./recount-slots.js";
