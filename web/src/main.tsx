import { createRoot } from 'react-dom/client';
import './styles/index.css';
import { App } from './app/App';
import { startKeys } from './app/keys';
import { startOffers } from './app/offers';
import { startRouter } from './app/router';
import { startSession } from './app/session';
import { startPreferences } from './state/preferences';

startPreferences();
startRouter();
startKeys();
startOffers();
startSession();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
