/** The officer's page: it talks to the agent on this laptop and to nothing else. */
import { createApp } from 'vue'
import { createRouter, createWebHashHistory } from 'vue-router'
import App from './app.vue'
import ConflictsPage from './pages/conflicts-page.vue'
import HomePage from './pages/home-page.vue'
import HouseholdsPage from './pages/households-page.vue'
import InterviewPage from './pages/interview-page.vue'
import OutboxPage from './pages/outbox-page.vue'
import ReturnsPage from './pages/returns-page.vue'
import TasksPage from './pages/tasks-page.vue'
import './style.css'

const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', component: HomePage },
    { path: '/households', component: HouseholdsPage },
    { path: '/outbox', component: OutboxPage },
    { path: '/conflicts', component: ConflictsPage },
    { path: '/tasks', component: TasksPage },
    { path: '/returns', component: ReturnsPage },
    { path: '/interviews/:id', component: InterviewPage, props: true },
  ],
})

createApp(App).use(router).mount('#app')
