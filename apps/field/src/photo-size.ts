/**
 * A photo with a longer side than the form wants is made smaller before it is kept: on a thin
 * link that is an hour. What is no photo, or cannot be read as one, stays as it is.
 */
export async function madeSmaller(file: File, maxPixels: number | null): Promise<File> {
  if (maxPixels === null || !/^image\/(?:jpeg|png|webp)$/.test(file.type)) return file
  const photo = await createImageBitmap(file).catch(() => null)
  if (photo === null) return file
  const scale = maxPixels / Math.max(photo.width, photo.height)
  if (scale >= 1) return file
  const sheet = document.createElement('canvas')
  sheet.width = Math.max(1, Math.round(photo.width * scale))
  sheet.height = Math.max(1, Math.round(photo.height * scale))
  sheet.getContext('2d')?.drawImage(photo, 0, 0, sheet.width, sheet.height)
  photo.close()
  const smaller = await new Promise<Blob | null>(resolve => sheet.toBlob(resolve, file.type, 0.85))
  return smaller === null || smaller.size >= file.size ? file : new File([smaller], file.name, { type: file.type })
}
