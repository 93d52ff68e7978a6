export { doFieldTask } from './do-field-task.ts'
