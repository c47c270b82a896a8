// The order counts: the second refuses to load without the first.
import './authority-reflect.js';
export * from '@peculiar/x509';
