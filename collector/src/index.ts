export { startCollector } from './main/start-collector.ts'
export type { Collector, CollectorOptions } from './main/start-collector.ts'
export { createProjectKeys, loadProjectKeys, saveProjectKeys } from './config/project-keys.ts'
export type { ProjectKeys } from './config/project-keys.ts'
