export { toOnnx } from './to-onnx.ts'
export type { OnnxOptions, WritableModel } from './to-onnx.ts'
export type { LinearCategory, LinearModel, LinearNumber, Tree, TreeCategory, TreeModel, TreeNumber } from './models.ts'
export type {
  Isotonic,
  LinearCategory2,
  LinearModel2,
  LinearNumber2,
  LinearText,
  RegionOffsets,
  Task,
  TextBlock,
  TreeCategory2,
  TreeModel2,
  WritableModel2,
} from './models-format-2.ts'
