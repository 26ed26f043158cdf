/** The preview of a form: the officer's interview, with the author's findings beside it. */
import { createApp } from 'vue'
import PreviewApp from './preview-app.vue'
import '../style.css'

createApp(PreviewApp).mount('#app')
