export { collectDues } from './collect-dues.ts'
export { doFieldTask } from './do-field-task.ts'
export { receivePayment } from './receive-payment.ts'
