/**
 * Starts the page (R26, R28): one component, which reads the room from the link.
 */
import { mount } from 'svelte';
import App from './App.svelte';
import './look/tokens.css';
import './look/base.css';

mount(App, { target: document.getElementById('app')! });
