using VmProxy.Service.Work;

namespace VmProxy.Service.Tests;

sealed class JobSlotsTests
{
    [Test]
    public async Task Of_jobs_that_wait_the_higher_priority_goes_first_and_equals_in_their_order()
    {
        var slots = new JobSlots(1);
        List<string> order = [];
        var first = await slots.TakeAsync(5, default);
        using var givesUp = new CancellationTokenSource();
        Task[] waiting = [TakeAsync("low", 1), TakeAsync("high", 9), TakeAsync("gone", 9, givesUp.Token), TakeAsync("high too", 9), TakeAsync("middle", 5)];
        await givesUp.CancelAsync();
        Assert.ThrowsAsync<TaskCanceledException>(() => waiting[2]);
        first.Dispose();
        await Task.WhenAll(waiting.Where(task => task != waiting[2])).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(order, Is.EqualTo(new[] { "high", "high too", "middle", "low" }));

        async Task TakeAsync(string name, int priority, CancellationToken cancellationToken = default)
        {
            using (await slots.TakeAsync(priority, cancellationToken))
            {
                order.Add(name);
            }
        }
    }
}
