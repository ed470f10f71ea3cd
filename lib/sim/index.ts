/**
 * The simulator's public face: worlds drawn from seeds, and what became of them (R31).
 */
export { CHECKERS, type CheckerName, type Violation } from './checkers.ts';
export { drawScenario, ROOM_KINDS, type RoomKind, type ScenarioChoice } from './scenario.ts';
export {
  describeViolations,
  readChoice,
  replayCommand,
  runSimulation,
  type SimulationReport,
} from './simulation.ts';
export { runWorld, type WorldOptions, type WorldResult } from './world.ts';
