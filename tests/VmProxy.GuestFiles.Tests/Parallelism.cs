// Each test has images, mounts and a folder of its own, and much of its time is waiting for the programs that judge.
[assembly: Parallelizable(ParallelScope.Fixtures)]
