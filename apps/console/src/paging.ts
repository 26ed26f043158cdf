/** Pages of a long list, fifty rows each: the way back is the trail of the places passed. */
import { computed, ref } from 'vue'

export const PAGE_ROWS = 50

export function usePaging() {
  const trail = ref<readonly string[]>([])
  const query = computed(() => {
    const after = trail.value.at(-1)
    return `limit=${PAGE_ROWS}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`
  })
  return {
    trail,
    query,
    older: (next: string | number | null) => next !== null && (trail.value = [...trail.value, String(next)]),
    newer: () => (trail.value = trail.value.slice(0, -1)),
    restart: () => (trail.value = []),
  }
}
