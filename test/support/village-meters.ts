// The meters of a test's village are those of the simulation.
export { answerCommands, storeReading } from '../../simulate/village/meters.ts'
