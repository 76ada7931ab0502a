// What measures time or memory is marked as not parallelizable; the rest keeps to itself.
[assembly: Parallelizable(ParallelScope.Fixtures)]
