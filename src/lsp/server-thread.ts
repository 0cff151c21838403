// The thread that the language server runs in: its standard input and output are the process's.
import { serve } from "./server.js";

serve({ input: process.stdin, output: process.stdout });
