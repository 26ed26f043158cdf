export { toOnnx } from './to-onnx.ts'
export type { OnnxOptions } from './to-onnx.ts'
export type {
  LinearCategory,
  LinearModel,
  LinearNumber,
  Tree,
  TreeCategory,
  TreeModel,
  TreeNumber,
  WritableModel,
} from './models.ts'
