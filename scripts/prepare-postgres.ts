// Puts right what npm leaves out of the PostgreSQL packages: symbolic links and the right to run the programs.
import { findPostgresBinaries } from '../server/src/store/cluster/postgres-binaries.ts'

findPostgresBinaries(undefined)
