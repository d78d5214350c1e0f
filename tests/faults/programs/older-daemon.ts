// The daemon as it is; the test that builds it takes something away from it.
import '../../../daemon/main.js';
