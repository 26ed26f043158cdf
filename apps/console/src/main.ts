/** The central team's page: it talks to the collector's API and to nothing else. */
import { createApp } from 'vue'
import { createRouter, createWebHashHistory } from 'vue-router'
import App from './app.vue'
import ConflictsPage from './pages/conflicts-page.vue'
import DevicesPage from './pages/devices-page.vue'
import DuplicatesPage from './pages/duplicates-page.vue'
import HouseholdPage from './pages/household-page.vue'
import HouseholdsPage from './pages/households-page.vue'
import ModelsPage from './pages/models-page.vue'
import OverviewPage from './pages/overview-page.vue'
import SubmissionsPage from './pages/submissions-page.vue'
import './style.css'

const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', component: OverviewPage },
    { path: '/submissions', component: SubmissionsPage },
    { path: '/households', component: HouseholdsPage },
    { path: '/households/:id', component: HouseholdPage, props: true },
    { path: '/duplicates', component: DuplicatesPage },
    { path: '/conflicts', component: ConflictsPage },
    { path: '/models', component: ModelsPage },
    { path: '/devices', component: DevicesPage },
  ],
})

createApp(App).use(router).mount('#app')
