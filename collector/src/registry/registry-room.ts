/** The room of models: which there are, and which candidate of each is in force. */
import type { HouseDeps, Room } from '../main/room.ts'
import { createImportBundle } from './import-bundle.ts'
import { createPublishBaseline, type RegistryNeeds } from './publish-baseline.ts'
import { createPromoteByPerson, type PromoteNeeds } from './promote-by-person.ts'
import { classesOf } from './recipe.ts'
import { listCandidates, listModels, modelOfForm } from './registry-repo.ts'
import { modelRoutes, type ModelDoor } from './routes.ts'

export interface RegistryRoom extends Room, ModelDoor {
  /** Of the model that reads a form, negative before positive where there are two; `null` where none does. */
  readonly classesOf: (formId: string) => Promise<readonly string[] | null>
  /** Forms that a model reads. */
  readonly modelForms: () => Promise<readonly string[]>
}

export function createRegistryRoom(house: HouseDeps, needs: RegistryNeeds & PromoteNeeds): RegistryRoom {
  const { read } = house
  const door: ModelDoor = {
    list: async () => {
      const models = await listModels(read)
      return Promise.all(
        models.map(async model => ({ model, candidates: await listCandidates(read, model.modelName) })),
      )
    },
    publishBaseline: createPublishBaseline(house, needs),
    promote: createPromoteByPerson(house, needs),
    importBundle: createImportBundle(house, needs),
  }
  return {
    name: 'registry',
    routes: modelRoutes(door),
    ...door,
    modelForms: async () => (await listModels(read)).map(({ formId }) => formId),
    classesOf: async formId => {
      const model = await modelOfForm(read, formId)
      return model === undefined ? null : classesOf(model.recipe)
    },
  }
}
