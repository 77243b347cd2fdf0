// `npm run build`: the page into build/, with compressed copies.
import { ensureInstalled, buildPage, requireNode } from './setup.mjs';

requireNode();
ensureInstalled();
buildPage();
