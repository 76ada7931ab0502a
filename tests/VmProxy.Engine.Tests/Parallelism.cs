// Each test has a lab and a folder of its own, and most of its time is waiting for them.
[assembly: Parallelizable(ParallelScope.Fixtures)]
