namespace Nemotron.Planning.Simulation;

/// <summary>Finds order statistics without sorting everything (Hoare's selection): linear time on average.</summary>
internal static class Selection
{
    /// <summary>The value that would be at a place if the values were sorted.</summary>
    /// <param name="values">The values, none of them NaN; they are put in another order.</param>
    /// <param name="place">From 0 to one less than there are values.</param>
    public static float At(Span<float> values, int place)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, values.Length);
        while (values.Length > 1)
        {
            var pivot = Middle(values[0], values[values.Length / 2], values[^1]);
            int left = 0, right = values.Length - 1;
            while (left <= right)
            {
                while (values[left] < pivot) left++;
                while (values[right] > pivot) right--;
                if (left > right) break;
                (values[left], values[right]) = (values[right], values[left]);
                left++;
                right--;
            }
            // Up to right none is above the pivot, from left on none below; what is between them is the pivot.
            if (place <= right)
            {
                values = values[..(right + 1)];
            }
            else if (place >= left)
            {
                values = values[left..];
                place -= left;
            }
            else
            {
                return pivot;
            }
        }
        return values[0];
    }

    private static float Middle(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
