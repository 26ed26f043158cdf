import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [vue()],
  base: './',
  build: {
    target: 'es2022',
    emptyOutDir: true,
    rollupOptions: { input: ['index.html', 'preview.html'] },
  },
})
